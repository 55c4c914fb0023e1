-- For retention and the review desk: what was deleted at the source; what a desk looks at without reading the whole log.

CREATE INDEX posts_deleted ON posts (deleted_at) WHERE deleted_at IS NOT NULL;
