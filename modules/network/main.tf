locals {
  _zones = { for index, letter in sort(var.network.zones) : letter => { index = index, name = "${data.aws_region.current.id}${letter}" } }
  _nats = {
    none     = {}
    per_zone = local._zones
    single   = { for letter, zone in local._zones : letter => zone if zone.index == 0 }
  }[var.network.nat]
}

resource "aws_vpc" "this" {
  cidr_block           = var.network.cidr
  enable_dns_hostnames = true # MWAA asks for both
  enable_dns_support   = true
  tags                 = { Name = var.name_prefix }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name_prefix }
}

# Four bits more than the VPC: sixteen parts, the lower half private, the upper half public.
resource "aws_subnet" "private" {
  for_each                = local._zones
  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.name
  cidr_block              = cidrsubnet(var.network.cidr, 4, each.value.index)
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name_prefix}-private-${each.key}" }
}

resource "aws_subnet" "public" {
  for_each                = local._zones
  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.name
  cidr_block              = cidrsubnet(var.network.cidr, 4, 8 + each.value.index)
  map_public_ip_on_launch = false # a NAT brings its own address, and nothing else lives here
  tags                    = { Name = "${var.name_prefix}-public-${each.key}" }
}

resource "aws_eip" "nat" {
  for_each   = local._nats
  domain     = "vpc"
  tags       = { Name = "${var.name_prefix}-nat-${each.key}" }
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each      = local._nats
  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id
  tags          = { Name = "${var.name_prefix}-${each.key}" }
  depends_on    = [aws_internet_gateway.this]
}
