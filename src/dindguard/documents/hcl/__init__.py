"""HCL (Terraform, OpenTofu, Nomad, Packer …): blocks, attributes and expressions, as a located tree."""
