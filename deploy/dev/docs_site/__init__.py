"""The manual as a static site, for those who publish one: ``make docs-site`` builds it and refuses broken links."""
