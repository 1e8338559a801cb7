"""Copies of pictures and artwork on local disk, bounded in size; the disk may be slow, full or gone."""
