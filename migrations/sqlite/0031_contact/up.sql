-- What a parent who is away owes one household, and when it falls due next.
CREATE TABLE contact_obligations (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  household_id BIGINT NOT NULL REFERENCES households (id),
  parent_person_id BIGINT NOT NULL REFERENCES people (id),
  child_id BIGINT NOT NULL REFERENCES children (id),
  area_code TEXT NOT NULL REFERENCES areas (code),
  state TEXT NOT NULL,
  counted_from DATE NOT NULL,
  carer_counts BOOLEAN NOT NULL,
  with_child_on DATE,
  with_carer_on DATE,
  due_on DATE NOT NULL,
  rest_from DATE,
  rest_until DATE,
  opened_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  end_reason TEXT,
  version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX contact_obligations_once ON contact_obligations (household_id, parent_person_id) WHERE state <> 'ended';
CREATE INDEX contact_obligations_parent ON contact_obligations (parent_person_id, state);
CREATE INDEX contact_obligations_due ON contact_obligations (due_on) WHERE state = 'owed';
CREATE INDEX contact_obligations_area ON contact_obligations (area_code, state);

CREATE TABLE contacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  obligation_id BIGINT NOT NULL REFERENCES contact_obligations (id),
  client_uuid TEXT NOT NULL,
  kind TEXT NOT NULL,
  with_child BOOLEAN NOT NULL,
  with_carer BOOLEAN NOT NULL,
  happened_on DATE NOT NULL,
  recorded_by BIGINT NOT NULL REFERENCES people (id),
  recorded_as TEXT NOT NULL,
  via TEXT NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  standing TEXT NOT NULL,
  note_sealed TEXT,
  UNIQUE (recorded_by, client_uuid)
);
CREATE INDEX contacts_obligation ON contacts (obligation_id, happened_on);

-- What others say about a contact; never overwritten, the latest word of each person counts.
CREATE TABLE contact_statements (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  contact_id BIGINT NOT NULL REFERENCES contacts (id),
  client_uuid TEXT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  voice TEXT NOT NULL,
  says TEXT NOT NULL,
  note_sealed TEXT,
  at TIMESTAMP NOT NULL,
  UNIQUE (person_id, client_uuid)
);
CREATE INDEX contact_statements_contact ON contact_statements (contact_id);

-- Four weeks without contact: a risk item for the village, and the admonition step that follows it.
CREATE TABLE missed_contacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  obligation_id BIGINT NOT NULL REFERENCES contact_obligations (id),
  child_id BIGINT NOT NULL REFERENCES children (id),
  area_code TEXT NOT NULL REFERENCES areas (code),
  due_on DATE NOT NULL,
  raised_at TIMESTAMP NOT NULL,
  admonition TEXT NOT NULL,
  talked_on DATE,
  outcome TEXT,
  note_sealed TEXT,
  settled_by BIGINT REFERENCES people (id),
  settled_at TIMESTAMP,
  UNIQUE (obligation_id, due_on)
);
CREATE INDEX missed_contacts_area ON missed_contacts (area_code, settled_at);

-- A number that no longer answers, and who was asked for the new one.
CREATE TABLE number_searches (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  child_id BIGINT NOT NULL REFERENCES children (id),
  area_code TEXT NOT NULL REFERENCES areas (code),
  state TEXT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  closed_at TIMESTAMP,
  closed_by BIGINT REFERENCES people (id)
);
CREATE UNIQUE INDEX number_searches_once ON number_searches (person_id) WHERE state IN ('asking', 'with_village');
CREATE INDEX number_searches_area ON number_searches (area_code, state);

CREATE TABLE number_search_steps (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  search_id BIGINT NOT NULL REFERENCES number_searches (id),
  source TEXT NOT NULL,
  person_id BIGINT REFERENCES people (id),
  asked_at TIMESTAMP NOT NULL,
  answered_at TIMESTAMP,
  knew BOOLEAN,
  number_sealed TEXT
);
CREATE INDEX number_search_steps_search ON number_search_steps (search_id);
CREATE INDEX number_search_steps_person ON number_search_steps (person_id);
