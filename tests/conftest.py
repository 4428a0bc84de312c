"""Shared by all tests: being here, it puts this folder on the path, for `shared_data`."""
