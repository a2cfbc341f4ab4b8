"""The kernel: access, actions, audit, flow, obligations, pages; it knows no trial."""
