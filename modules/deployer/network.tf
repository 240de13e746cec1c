# EC2 names by chance, so the tag decides: what is made gets it in the same request, and only what has it is changed.
locals {
  _ec2 = [for kind in [
    "elastic-ip", "internet-gateway", "natgateway", "route-table", "security-group", "security-group-rule", "subnet", "vpc",
    "vpc-endpoint", "vpc-flow-log",
  ] : "${local._arn["ec2"]}:${kind}/*"]
  _makers = [
    "ec2:AllocateAddress", "ec2:AuthorizeSecurityGroup*", "ec2:CreateFlowLogs", "ec2:CreateInternetGateway", "ec2:CreateNatGateway",
    "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateVpc", "ec2:CreateVpcEndpoint",
  ]

  _network = {
    apply-network = {
      MakeTagged = { actions = local._makers, resources = local._ec2, condition = local._gets_ours }
      TagTheNew = {
        actions   = ["ec2:CreateTags"]
        resources = local._ec2
        condition = merge(local._gets_ours, { Null = { "ec2:CreateAction" = "false" } })
      }
      # A VPC brings a security group of its own that nobody tagged. Terraform tags it before it closes it.
      TagTheDefaultGroup = {
        actions   = ["ec2:CreateTags"]
        resources = ["${local._arn["ec2"]}:security-group/*"]
        condition = merge(local._gets_ours, local._untagged)
      }
      ChangeTagged = {
        actions = concat(local._makers, [
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
  }
}
