"""What admins do: accounts, pictures, titles, purges, prewarming, global settings, statistics; and the CLI."""
