DROP TABLE child_ties;
DROP TABLE children;
DROP TABLE household_members;
DROP TABLE households;
