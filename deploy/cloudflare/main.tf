# One zone in front of gateway and renderer. README.md explains each line.

terraform {
  required_version = ">= 1.5"

  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.0"
    }
  }
}

# The token comes from the environment: CLOUDFLARE_API_TOKEN.
provider "cloudflare" {}

variable "zone_id" {
  description = "The zone's id: 32 hex digits, shown on its overview page."
  type        = string
}

variable "cache_reserve" {
  description = "Whether to use Cache Reserve, a paid feature."
  type        = bool
  default     = false
}

# A zone has one list of rules per phase: these replace the rules that the zone had in these two phases.
resource "cloudflare_ruleset" "cache" {
  zone_id     = var.zone_id
  name        = "Marquee: cache"
  description = "What the CDN caches, and for how long"
  kind        = "zone"
  phase       = "http_request_cache_settings"
  rules       = local.cache_rules
}

resource "cloudflare_ruleset" "config" {
  zone_id     = var.zone_id
  name        = "Marquee: clients"
  description = "Turns off checks that only a browser passes"
  kind        = "zone"
  phase       = "http_config_settings"
  rules       = local.config_rules
}

resource "cloudflare_argo_tiered_caching" "tiers" {
  zone_id = var.zone_id
  value   = "on"
}

resource "cloudflare_tiered_cache" "smart" {
  zone_id = var.zone_id
  value   = "on"

  depends_on = [cloudflare_argo_tiered_caching.tiers]
}

# While it is on, Cloudflare ignores stale-while-revalidate.
resource "cloudflare_zone_setting" "always_online" {
  zone_id    = var.zone_id
  setting_id = "always_online"
  value      = "off"
}

resource "cloudflare_zone_cache_reserve" "reserve" {
  count = var.cache_reserve ? 1 : 0

  zone_id = var.zone_id
  value   = "on"
}
