DROP TABLE reporter_openings;
DROP TABLE report_suspects;
DROP TABLE report_desks;
DROP TABLE reports;
