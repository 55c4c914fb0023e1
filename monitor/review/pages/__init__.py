"""The desk's pages: one function each, `page(ask, …) -> Answer`. Their addresses are in `monitor.review.app.ROUTES`."""
