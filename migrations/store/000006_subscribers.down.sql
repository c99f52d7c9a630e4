DROP TABLE holdfast.replay;
DROP TABLE holdfast.delivery;
DROP TABLE holdfast.subscriber;
