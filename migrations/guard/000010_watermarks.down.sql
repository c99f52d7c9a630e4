DROP TABLE holdfast_guard.watermark;
