terraform {
  required_providers {
    docker = {
      source = "kreuzwerker/docker"
    }
  }
}

provider "docker" {}

module "workspace" {
  source         = "./codex-workspace"
  workspace_name = "terraform-example"
  api_token_file = "token"
  model_key_file = "key"
  system_prompt  = "Run the tests before you say that something works."
}

output "url" {
  value = module.workspace.url
}

output "config_hash" {
  value = module.workspace.config_hash
}
