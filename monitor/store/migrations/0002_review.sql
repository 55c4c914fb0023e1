-- For retention and the review desk: what was deleted at the source; figures over all contacts without reading the wide rows.

CREATE INDEX posts_deleted ON posts (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX contacts_figures ON contacts (took_place, id, mode, status, merged_into, retracted);
CREATE INDEX contacts_figures_by_id ON contacts (id, took_place, mode, status, merged_into, retracted);
CREATE INDEX contacts_first_words ON contacts (opened_at, id, origin, merged_into, retracted, mode);
CREATE INDEX deliveries_sent ON deliveries (contact, sent_at) WHERE state = 'sent';
