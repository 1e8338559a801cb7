# What is said to Cloudflare stands in the two JSON files, which the calls in README.md send as they are.
# Here the example's host becomes the operator's.

variable "hosts" {
  description = "Hosts of this zone that lead to gateway and renderer: one for both, or one each."
  type        = list(string)

  validation {
    condition     = length(var.hosts) > 0 && alltrue([for host in var.hosts : can(regex("^[a-z0-9.-]+$", host))])
    error_message = "Name at least one host, in lower case and without a scheme."
  }
}

variable "cache_redirects" {
  description = "Whether the edge keeps what a keyed address redirects to; README.md says what that costs."
  type        = bool
  default     = true
}

locals {
  hosts = join(" ", [for host in var.hosts : "\"${host}\""])

  cache_rules = [
    for rule in jsondecode(file("${path.module}/cache-rules.json")).rules :
    merge(rule, { expression = replace(rule.expression, "\"posters.example\"", local.hosts) })
    if var.cache_redirects || rule.ref != "marquee_redirects"
  ]

  config_rules = [
    for rule in jsondecode(file("${path.module}/config-rules.json")).rules :
    merge(rule, { expression = replace(rule.expression, "\"posters.example\"", local.hosts) })
  ]
}
