DROP INDEX holdfast.hold_of_matter;
DROP TABLE holdfast.matter;
