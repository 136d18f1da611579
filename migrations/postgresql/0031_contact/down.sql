DROP TABLE number_search_steps;
DROP TABLE number_searches;
DROP TABLE missed_contacts;
DROP TABLE contact_statements;
DROP TABLE contacts;
DROP TABLE contact_obligations;
