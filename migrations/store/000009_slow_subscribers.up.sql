-- Whether an answer took long in the subscriber's last turn: such ones are worked on
-- apart, so that no other waits for them.
ALTER TABLE holdfast.subscriber ADD COLUMN slow boolean NOT NULL DEFAULT false;
