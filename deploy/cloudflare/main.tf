# One zone in front of gateway and renderer. README.md says why each line is as it is.

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
  description = "The zone's id, 32 hex digits, as its overview page shows it."
  type        = string
}

variable "cache_reserve" {
  description = "Whether the zone pays for Cache Reserve and shall use it."
  type        = bool
  default     = false
}

# A zone has one list of rules in each phase: these replace whatever rules the zone had in theirs.
resource "cloudflare_ruleset" "cache" {
  zone_id     = var.zone_id
  name        = "Marquee: cache"
  description = "What the edge keeps, and for how long"
  kind        = "zone"
  phase       = "http_request_cache_settings"
  rules       = local.cache_rules
}

resource "cloudflare_ruleset" "config" {
  zone_id     = var.zone_id
  name        = "Marquee: clients"
  description = "Checks that only a browser passes are off"
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

# With it on, Cloudflare ignores stale-while-revalidate.
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
