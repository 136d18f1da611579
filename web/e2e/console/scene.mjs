// A little life in the demo county, made through the API: families, an agreement on its way, a volunteer, a report.
import { randomUUID } from 'node:crypto'
import { caller } from '../support/server.mjs'

const VILLAGE = '990101100201'
const today = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
const daysAgo = (days) => new Date(Date.now() + 8 * 3_600_000 - days * 86_400_000).toISOString().slice(0, 10)

const away = (place) => ({ place, since: daysAgo(400), outside_county: true })
const member = (kin, more = {}) => ({ kin, holds_guardianship: false, cares: false, ...more })
const person = (name, sex, phone, birth_date) => ({ name, sex, phone, birth_date, can_read: true })

/** Fills the county and gives back what was made. */
export async function prepare(server) {
  const as = (login) => caller(server.address, server.token(login))
  const village = as('village')
  const township = as('township')
  const coordinator = as('coordinator')

  const child = async (name, sex, birth_date, members) => {
    const body = {
      village_code: VILLAGE,
      child: { name, sex, birth_date, rural_registration: true, ethnicity: '苗族' },
      address: '石板村三组',
      members,
      schooling: { enrolment: 'enrolled', school: '石桥镇中心小学', grade: '四年级', boarding: false },
    }
    return village('POST', '/children', body, { 'idempotency-key': randomUUID() })
  }
  const guarded = { holds_guardianship: true }
  const covered = await child('欧阳小雨', 'female', '2016-05-12', [
    { member: member('father', guarded), person: person('欧阳大山', 'male', '15400100001', '1988-03-02'), away: away('广东东莞') },
    { member: member('mother', guarded), person: person('李梅', 'female', '15400100002', '1990-07-19'), away: away('广东东莞') },
    { member: member('paternal_grandmother', { cares: true }), person: person('张桂芳', 'female', '15400100003', '1962-01-20') },
  ])
  const gap = await child('司马小军', 'male', '2014-09-30', [
    { member: member('father', guarded), person: person('司马强', 'male', '15400100011', '1986-04-11'), away: away('浙江温州') },
    { member: member('mother', guarded), person: person('吴芳', 'female', '15400100012', '1988-12-05'), away: away('浙江温州') },
    { member: member('maternal_grandfather', { cares: true }), person: person('吴老根', 'male', null, '1958-06-06') },
  ])
  const third = await child('诸葛思思', 'female', '2018-02-25', [
    { member: member('mother', { ...guarded, cares: true }), person: person('赵小红', 'female', '15400100021', '1992-10-10') },
  ])

  const grandmother = covered.household.members.find((one) => one.name === '张桂芳')
  const agreement = await village('POST', '/agreements', {
    child_id: covered.id,
    kind: 'grandparent',
    carer: { person_id: grandmother.person_id },
    terms: { reason: '父母双方外出务工', relation: '奶奶', term_from: today(), term_until: daysAgo(-360), daily: '早晚接送上学' },
  })
  await village('PUT', `/agreements/${agreement.id}/declaration`, {
    checked_how: '入户走访，问了邻居和村医',
    bars: { harmed_someone: false, addiction: false, neglected_care: false, otherwise_unfit: false },
    considerations: { character: '为人本分', family: '家里和睦', body_and_mind: '身体好', bond: '一手带大' },
    childs_voice: { heard: 'heard', wish: 'agrees', words: '我想跟奶奶住', answer: null },
  })
  const asked = await village('GET', '/capacity-questionnaire')
  await village('POST', `/children/${covered.id}/capacity-assessments`, {
    carer_id: grandmother.person_id,
    answers: Object.fromEntries(asked.questions.map((question) => [question.code, 'yes'])),
    conclusion: 'fit',
    reason: null,
  })
  const me = await village('GET', '/me')
  await village('PUT', `/agreements/${agreement.id}/sending`, { witness_id: me.person_id })

  const volunteer = await coordinator('POST', '/volunteers', {
    name: '何志愿', sex: 'female', birth_date: '1985-05-05', phone: '15400100099',
    offer: { area_code: VILLAGE, organisation_id: null, party_member: true, skills: ['company', 'tutoring'], languages: ['苗语'], load_wish: 3, words: '退休教师，周末有空' },
  })
  for (const kind of ['record_check', 'training']) {
    await coordinator('POST', `/volunteers/${volunteer.id}/proofs`, { kind, outcome: 'clear', done_on: daysAgo(10), reference: '云公查〔2026〕18号' })
  }
  await coordinator('PUT', `/volunteers/${volunteer.id}/decision`, { action: 'admit', why: null })
  await coordinator('POST', '/pairings', { child_id: covered.id, volunteer_id: volunteer.id, kind: 'loving_mother', service_forms: ['company'] })

  const school = as('school')
  await school('POST', '/reports', {
    client_uuid: randomUUID(), situations: ['suspected_violence'], immediate_danger: false,
    narrative: '孩子手臂上有多处新伤，不肯说怎么来的。', area_code: VILLAGE, child_id: null, child_words: '四年级男生', place_words: '学校里',
    reporter_role: 'school', suspected_person_ids: [],
  })
  const run = await fetch(`${server.address}/api/v1/imports?village_code=${VILLAGE}&file_name=${encodeURIComponent('补录.csv')}&dry_run=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token('village')}`, 'content-type': 'text/csv' },
    body: '姓名,性别,出生日期,身份证号\n令狐小云,男,2015.3.4,12345\n令狐小禾,女,2016年8月,\n',
  })
  const reports = await township('GET', '/reports')
  // The demo's post of the last months left some that could not be sent.
  const dead = await township('GET', '/messages?state=dead&unsettled=true&limit=1')
  return {
    covered: covered.id,
    gap: gap.id,
    third: third.id,
    agreement: agreement.id,
    volunteer: volunteer.id,
    report: reports.items[0].id,
    message: dead.items[0].id,
    import: (await run.json()).id,
    today: today(),
  }
}
