import { nextTick } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import { places } from './places'
import { recognise } from './session'
import { learnAreas } from './use/areas'

export const router = createRouter({
  history: createWebHistory('/console/'),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', redirect: '/todo' },
    { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignIn.vue'), meta: { open: true } },
    ...places.map((place) => ({ path: place.path, name: place.name, component: place.page! })),
    { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./pages/Nowhere.vue') },
  ],
})

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  // Without a network the page itself says so, and tries again.
  const known = await recognise().catch(() => true)
  if (!known) return { name: 'sign-in', query: to.path === '/todo' ? {} : { to: to.fullPath } }
  await learnAreas().catch(() => undefined)
  return true
})

// A new page is announced: the focus goes to its title.
router.afterEach((to, from) => {
  if (from.name === undefined || to.path === from.path) return
  void nextTick(() => setTimeout(() => document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true }), 50))
})
