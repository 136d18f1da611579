// A family and a volunteer in the demo county, made through the API as the offices would.
import { randomInt } from 'node:crypto'
import { caller } from '../support/server.mjs'

export const VILLAGE = '990101100201'
export const CADRE = { name: '杨帆', phone: '15400000004' }
export const DIRECTOR = { name: '陈建国', phone: '15400000003' }

const DAY_MS = 86_400_000
/** A day in China, so many days from today. */
export const day = (days) => new Date(Date.now() + 8 * 3_600_000 + days * DAY_MS).toISOString().slice(0, 10)
const madeUpPhone = () => `154${String(randomInt(10_000_000, 99_999_999))}`

/** The father away for a year; the grandmother, who has no phone and does not read, looks after a child of six. */
export async function family(server, { child = '王小雨', father: fathersName = '王大山' } = {}) {
  const director = caller(server.address, server.token('village'))
  const father = { name: fathersName, phone: madeUpPhone() }
  const away = { place: '广东省东莞市', outside_county: true, since: day(-400) }
  const record = await director('POST', '/children', {
    village_code: VILLAGE,
    child: { name: child, sex: 'female', birth_date: day(-6 * 365 - 100), rural_registration: true },
    schooling: { school: '石桥镇中心小学', grade: '一年级', enrolment: 'enrolled' },
    members: [
      { person: { name: father.name, sex: 'male', birth_date: '1990-03-03', phone: father.phone }, member: { kin: 'father', holds_guardianship: true }, away },
      { person: { name: '赵桂兰', sex: 'female', birth_date: '1962-06-06', can_read: false }, member: { kin: 'paternal_grandmother', holds_guardianship: false, cares: true } },
    ],
  })
  const person = (kin) => record.household.members.find((member) => member.kin === kin).person_id
  return { director, child: record.id, record, father: { ...father, id: person('father') }, grandmother: { name: '赵桂兰', id: person('paternal_grandmother') } }
}

/** An agreement that waits for the signatures of father, grandmother and village. */
export async function agreementToSign(home) {
  const { director, child, grandmother } = home
  const made = await director('POST', '/agreements', {
    child_id: child,
    kind: 'grandparent',
    carer: { person_id: grandmother.id },
    terms: { term_from: day(0), term_until: day(300), reason: '外出务工', relation: '奶奶' },
  })
  const { questions } = await director('GET', '/capacity-questionnaire')
  await director('POST', `/children/${child}/capacity-assessments`, {
    carer_id: grandmother.id,
    answers: Object.fromEntries(questions.map((question) => [question.code, 'yes'])),
    conclusion: 'fit',
  })
  await director('PUT', `/agreements/${made.id}/declaration`, {
    bars: { harmed_someone: false, addiction: false, neglected_care: false, otherwise_unfit: false },
    checked_how: '走访邻居，并向派出所核实',
    considerations: { character: '为人本分', family: '家庭和睦', body_and_mind: '身体健康', bond: '孩子从小由其带大' },
    childs_voice: { heard: 'heard', wish: 'agrees', words: '愿意跟奶奶住' },
  })
  return director('PUT', `/agreements/${made.id}/sending`, {})
}

/** Somebody of the demo county who cares for a child under an agreement, and has a phone. */
export async function carer(home) {
  const { items } = await home.director('GET', '/agreements?state=in_force&limit=30')
  for (const { child } of items) {
    const people = await home.director('GET', `/children/${child.id}/people-to-call`)
    const found = people.find((one) => one.role === 'carer')
    if (found) return { phone: found.phone, child }
  }
  throw new Error('nobody in the village cares for a child and has a phone')
}

/** The father's weekly call home. */
export async function obligationOf(home) {
  return (await home.director('GET', `/contact-obligations?child_id=${home.child}`)).items[0].id
}

/** A volunteer who keeps the child company. */
export async function volunteer(server, home) {
  const coordinator = caller(server.address, server.token('coordinator'))
  const person = { name: '何志愿', phone: madeUpPhone() }
  const entered = await coordinator('POST', '/volunteers', {
    name: person.name,
    sex: 'female',
    birth_date: '1998-07-07',
    phone: person.phone,
    offer: { area_code: VILLAGE, skills: ['company'], load_wish: 3 },
  })
  for (const kind of ['record_check', 'training']) {
    await coordinator('POST', `/volunteers/${entered.id}/proofs`, { kind, done_on: day(-10), reference: '2026-001' })
  }
  await coordinator('PUT', `/volunteers/${entered.id}/decision`, { action: 'admit' })
  const pairing = await coordinator('POST', '/pairings', { child_id: home.child, volunteer_id: entered.id, kind: 'loving_mother', service_forms: ['company'] })
  await home.director('PUT', `/pairings/${pairing.id}/agreement`)
  return { ...person, id: entered.id }
}
