"""The deployment: settings, addresses, navigation, and what runs by itself."""
