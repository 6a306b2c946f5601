type Run = () => void

const listeners = new Set<Run>()

/** Be told when the server wants a login; returns how to stop. */
export function onLoginMissing(run: Run): Run {
  listeners.add(run)
  return () => listeners.delete(run)
}

/** The server refused a request, or a socket, for want of a login. */
export function loginMissing(): void {
  for (const run of listeners) run()
}

/** Where to go after the login: a path of this page, never another site. */
export function safePath(path: string | undefined): string {
  const inside = path?.startsWith('/') && !path.startsWith('//') && !path.startsWith('/\\')
  return inside && path && !path.startsWith('/login') ? path : '/'
}
