# The rules are in the two JSON files, which the API calls in README.md send unchanged.
# Here the example host is replaced by yours.

variable "hosts" {
  description = "Hosts of this zone that lead to the gateway and the renderer: one for both, or one each."
  type        = list(string)

  validation {
    condition     = length(var.hosts) > 0 && alltrue([for host in var.hosts : can(regex("^[a-z0-9.-]+$", host))])
    error_message = "Name at least one host, in lower case and without a scheme."
  }
}

variable "cache_redirects" {
  description = "Whether the CDN caches redirects of keyed addresses; README.md explains the cost."
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
