DROP TABLE paper_originals;
DROP TABLE agreement_papers;
