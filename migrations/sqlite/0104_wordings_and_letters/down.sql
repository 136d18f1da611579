DROP TABLE letters;
DROP TABLE wordings;
