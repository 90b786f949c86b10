"""The product over HTTP: views that parse, authorise and call one use case."""
