// The pages of the console: who has a use for each (the API decides; here it is only what the menu offers).
import type { RouteRecordRaw } from 'vue-router'
import type { Schemas } from '@shared/call'

type Post = Schemas['PostKind']

const VILLAGE: Post[] = ['village_director', 'resident_cadre']
const DESK: Post[] = [...VILLAGE, 'township_supervisor']
const VOLUNTEERS: Post[] = ['volunteer_coordinator', 'township_supervisor', 'village_director', 'county_administrator']
const FIGURES: Post[] = [...DESK, 'county_administrator']

export interface Place {
  path: string
  name: string
  title: string
  group?: string
  /** Posts that find it in their menu; everybody when absent. */
  posts?: Post[]
  page: RouteRecordRaw['component']
}

export const places: Place[] = [
  { path: '/todo', name: 'todo', title: '待办', group: '今天', page: () => import('./pages/Todo.vue') },
  { path: '/duties', name: 'duties', title: '到期与责任人', group: '今天', posts: DESK, page: () => import('./pages/Duties.vue') },
  { path: '/coverage', name: 'coverage', title: '覆盖与更新', group: '今天', posts: FIGURES, page: () => import('./pages/Coverage.vue') },
  { path: '/reports', name: 'reports', title: '强制报告', group: '今天', posts: ['police_contact', 'township_supervisor', 'county_administrator'], page: () => import('./pages/Reports.vue') },
  { path: '/reports/:id(\\d+)', name: 'report', title: '强制报告', page: () => import('./pages/Report.vue') },

  { path: '/ledger', name: 'ledger', title: '儿童台账', group: '儿童', posts: DESK, page: () => import('./pages/Ledger.vue') },
  { path: '/children/:id(\\d+)', name: 'child', title: '儿童档案', page: () => import('./pages/Child.vue') },
  { path: '/gaps', name: 'gaps', title: '监护缺口', group: '儿童', posts: DESK, page: () => import('./pages/Gaps.vue') },
  { path: '/imports', name: 'imports', title: '导入台账', group: '儿童', posts: ['village_director', 'township_supervisor'], page: () => import('./pages/Imports.vue') },
  { path: '/imports/:id(\\d+)', name: 'import', title: '导入台账', page: () => import('./pages/Import.vue') },
  { path: '/transfers', name: 'transfers', title: '迁入迁出', group: '儿童', posts: DESK, page: () => import('./pages/Transfers.vue') },

  { path: '/agreements', name: 'agreements', title: '委托照护协议', group: '监护', posts: DESK, page: () => import('./pages/Agreements.vue') },
  { path: '/agreements/:id(\\d+)', name: 'agreement', title: '委托照护协议', page: () => import('./pages/Agreement.vue') },
  { path: '/notices', name: 'notices', title: '告知书签收', group: '监护', posts: ['village_director', 'school_head', 'township_supervisor'], page: () => import('./pages/Notices.vue') },

  { path: '/missed', name: 'missed', title: '失约联系', group: '亲情联系', posts: DESK, page: () => import('./pages/Missed.vue') },
  { path: '/searches', name: 'searches', title: '找回号码', group: '亲情联系', posts: DESK, page: () => import('./pages/Searches.vue') },

  { path: '/volunteers', name: 'volunteers', title: '志愿者', group: '志愿服务', posts: VOLUNTEERS, page: () => import('./pages/Volunteers.vue') },
  { path: '/volunteers/:id(\\d+)', name: 'volunteer', title: '志愿者', page: () => import('./pages/Volunteer.vue') },
  { path: '/pairings', name: 'pairings', title: '结对', group: '志愿服务', posts: [...DESK, 'volunteer_coordinator'], page: () => import('./pages/Pairings.vue') },

  { path: '/calls', name: 'calls', title: '要打的电话', group: '消息', posts: FIGURES, page: () => import('./pages/Calls.vue') },
  { path: '/inbox', name: 'inbox', title: '收到的回复', group: '消息', posts: ['village_director', 'township_supervisor', 'county_administrator'], page: () => import('./pages/Inbox.vue') },
  { path: '/messages', name: 'messages', title: '消息', group: '消息', posts: ['township_supervisor', 'county_administrator'], page: () => import('./pages/Messages.vue') },
  { path: '/messages/:id(\\d+)', name: 'message', title: '消息', page: () => import('./pages/Message.vue') },
  { path: '/rehearsal', name: 'rehearsal', title: '提醒预演', group: '消息', posts: ['township_supervisor', 'county_administrator'], page: () => import('./pages/Rehearsal.vue') },
  { path: '/gateways', name: 'gateways', title: '发送通道', group: '消息', posts: ['county_administrator'], page: () => import('./pages/Gateways.vue') },

  { path: '/openings', name: 'openings', title: '访问复核', group: '管理', posts: ['township_supervisor', 'county_administrator'], page: () => import('./pages/Openings.vue') },
  { path: '/offices', name: 'offices', title: '岗位与账号', group: '管理', posts: ['county_administrator', 'township_supervisor', 'village_director', 'volunteer_coordinator'], page: () => import('./pages/Offices.vue') },
  { path: '/settings', name: 'settings', title: '规则和用语', group: '管理', posts: ['township_supervisor', 'county_administrator'], page: () => import('./pages/Settings.vue') },
  { path: '/me', name: 'me', title: '我的账号', group: '管理', page: () => import('./pages/Account.vue') },
]
