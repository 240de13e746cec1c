# EC2 names by chance, so the tag decides: what is made gets it in the same request, and only what has it is changed.
locals {
  _makers = { # each by the kind of thing that it makes: a tag in the request says nothing of what stands beside it
    "elastic-ip"          = ["ec2:AllocateAddress"]
    "internet-gateway"    = ["ec2:CreateInternetGateway"]
    natgateway            = ["ec2:CreateNatGateway"]
    "route-table"         = ["ec2:CreateRouteTable"]
    "security-group"      = ["ec2:CreateSecurityGroup"]
    "security-group-rule" = ["ec2:AuthorizeSecurityGroup*"]
    subnet                = ["ec2:CreateSubnet"]
    vpc                   = ["ec2:CreateVpc"]
    "vpc-endpoint"        = ["ec2:CreateVpcEndpoint"]
    "vpc-flow-log"        = ["ec2:CreateFlowLogs"]
  }
  _ec2    = [for kind in keys(local._makers) : "${local._arn["ec2"]}:${kind}/*"]
  _groups = ["${local._arn["ec2"]}:security-group/*"]
  _closed = "${var.name_prefix}-closed" # as modules/network calls the VPC's own security group

  _making = {
    for kind, actions in local._makers : "Make${join("", [for word in split("-", kind) : title(word)])}" => {
      actions   = actions
      resources = ["${local._arn["ec2"]}:${kind}/*"]
      condition = local._gets_ours
    }
  }
  _network = {
    apply-network = {
      # A VPC brings a security group of its own that nobody tagged, and no condition knows it from another's untagged
      # one. So what is taken over like that gets a name under which it can be closed, and never opened.
      TagTheDefaultGroup = {
        actions   = ["ec2:CreateTags"]
        resources = local._groups
        condition = merge(local._untagged, { StringEquals = merge(local._gets_ours.StringEquals, { "aws:RequestTag/Name" = local._closed }) })
      }
      NeverOpenTheClosed = {
        effect    = "Deny"
        actions   = ["ec2:AuthorizeSecurityGroup*", "ec2:DeleteSecurityGroup", "ec2:ModifySecurityGroupRules"]
        resources = local._groups
        condition = { StringEquals = { "aws:ResourceTag/Name" = local._closed } }
      }
      NeverRenameTheClosed = {
        effect    = "Deny"
        actions   = ["ec2:CreateTags"]
        resources = local._groups
        condition = {
          Null            = { "aws:RequestTag/Name" = "false" }
          StringEquals    = { "aws:ResourceTag/Name" = local._closed }
          StringNotEquals = { "aws:RequestTag/Name" = local._closed }
        }
      }
      NeverUnnameTheClosed = {
        effect    = "Deny"
        actions   = ["ec2:DeleteTags"]
        resources = local._groups
        condition = {
          "ForAnyValue:StringEquals" = { "aws:TagKeys" = ["Name"] }
          StringEquals               = { "aws:ResourceTag/Name" = local._closed }
        }
      }
      ChangeTagged = {
        actions = concat(flatten(values(local._makers)), [
          "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:CreateNetworkInterface", "ec2:CreateRoute", "ec2:CreateTags",
          "ec2:Delete*", "ec2:DetachInternetGateway", "ec2:DisassociateAddress", "ec2:DisassociateRouteTable",
          "ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint",
          "ec2:ReleaseAddress", "ec2:ReplaceRoute*", "ec2:RevokeSecurityGroup*", "ec2:UpdateSecurityGroupRuleDescriptions*",
        ])
        resources = local._ec2
        condition = local._is_ours
      }
      # Airflow's service makes these in our subnets in its maker's name, with tags of its own.
      AirflowsOwn = {
        actions   = ["ec2:CreateNetworkInterface", "ec2:CreateVpcEndpoint"]
        resources = ["${local._arn["ec2"]}:network-interface/*", "${local._arn["ec2"]}:vpc-endpoint/*"]
      }
      FlowLogs = { actions = ["logs:CreateLogDelivery", "logs:DeleteLogDelivery"], resources = ["*"] } # know no resources
    }
    apply-network-making = merge(local._making, {
      TagTheNew = {
        actions   = ["ec2:CreateTags"]
        resources = local._ec2
        condition = merge(local._gets_ours, { Null = { "ec2:CreateAction" = "false" } })
      }
    })
  }
}
