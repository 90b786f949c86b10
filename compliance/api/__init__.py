"""Log-in and people over HTTP (api.md, Auth and People)."""
