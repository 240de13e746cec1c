# The state ends up in the very bucket that this root makes: `make bootstrap` begins with a file on this machine, and
# moves it there once the bucket stands.
terraform {
  backend "s3" {}
}
