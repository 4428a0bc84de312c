"""The Hub Santé for who runs the installation: under way, to repair, sent again."""
