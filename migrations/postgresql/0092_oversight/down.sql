DROP TABLE record_openings;
