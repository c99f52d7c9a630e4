DROP TABLE holdfast.survey;
DROP TABLE holdfast.exemption;
