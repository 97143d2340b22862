"""Parts that several views share: fields, messages, addresses, examples."""
