// Which pages whom concerns, in a world made by world.mjs.
import { DIRECTOR } from './world.mjs'

export const STRANGER = ['home/home', 'sign-in/sign-in', 'danger/danger', 'danger/reports', 'link/link?t=over']

/** Everybody who signs in, with the pages to look at. */
export function everybody({ home, agreement, person, obligation, cares }) {
  return {
    father: {
      number: home.father.phone,
      pages: [
        'home/home',
        `family/child?id=${home.child}`,
        `family/whom?child=${home.child}&name=王小雨`,
        `agreement/agreements?child=${home.child}`,
        `agreement/read?id=${agreement.id}`,
        `family/pay?agreement=${agreement.id}`,
        'family/number',
        `family/call?id=${obligation}`,
        'inbox/inbox',
        `mine/consents?child=${home.child}`,
        `mine/seen?child=${home.child}`,
        'mine/mine',
        'mine/phone',
        'danger/danger',
      ],
    },
    carer: {
      number: cares.phone,
      pages: ['home/home', `family/confirm?child=${cares.child.id}&name=${cares.child.name}`, `family/child?id=${cares.child.id}`, 'inbox/inbox'],
    },
    volunteer: {
      number: person.phone,
      pages: ['home/home', `volunteer/check-in?child=${home.child}`, 'volunteer/standing', 'volunteer/pending'],
    },
    director: {
      number: DIRECTOR.phone,
      pages: [
        'home/home',
        'village/todo',
        'village/children',
        `village/child?id=${home.child}`,
        `village/visit?child=${home.child}`,
        `village/assess?child=${home.child}`,
        `agreement/host?id=${agreement.id}`,
        `village/duty?id=1&kind=hand_over&subject=1&child=${home.child}`,
      ],
    },
  }
}
