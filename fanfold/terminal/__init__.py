"""What commands share: options, exit statuses, reading of items, writing of outputs, progress."""
