DROP TABLE check_in_observations;
DROP TABLE check_ins;
DROP TABLE pairings;
DROP TABLE volunteer_proofs;
DROP TABLE volunteers;
