# AWS lets nobody but a person finish it: it stays PENDING until somebody clicks where the output says.
resource "aws_codeconnections_connection" "code" {
  count         = var.connection == null ? 0 : 1
  name          = var.connection.name
  provider_type = var.connection.provider_type
}
