import { Button, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { logIn, meQuery } from '~/api/access'
import { safePath } from '~/api/session'
import { words } from '~/i18n'
import { stream } from '~/runs/browserStream'
import { Logo } from '~/shell/Logo'
import { CopyButton } from '~/ui/CopyButton'
import { ErrorNote } from '~/ui/ErrorNote'
import { Prose } from '~/ui/Prose'
import classes from './LoginPage.module.css'

const t = words.access

/** What is after the # of a login link; taken out of the address at once, so that no history keeps it. */
function takeSecret(): string {
  const secret = window.location.hash.slice(1)
  if (secret) window.history.replaceState(window.history.state, '', window.location.pathname)
  return secret
}

/** Uses the link up that brought one here; without one it says how to get one. */
export function LoginPage() {
  const { next } = useSearch({ from: '/login' })
  const navigate = useNavigate()
  const queries = useQueryClient()
  const used = useRef(false)
  const [opening, setOpening] = useState(() => window.location.hash.length > 1)
  const [failed, setFailed] = useState<Error | null>(null)
  // Somebody may be logged in already, or does so in another tab meanwhile.
  const me = useQuery({
    ...meQuery(),
    enabled: !opening,
    retry: false,
    // What was known before the login was missing must not send one back to where it is missing.
    staleTime: 0,
    refetchOnMount: 'always',
    refetchOnWindowFocus: 'always',
  })

  useEffect(() => {
    if (used.current) return
    used.current = true
    const secret = takeSecret()
    if (!secret) return
    logIn(secret)
      .catch(setFailed)
      .finally(() => setOpening(false))
  }, [])

  useEffect(() => {
    if (!me.isSuccess || me.isFetching) return
    stream.retryNow()
    void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' })
    void navigate({ href: safePath(next), replace: true })
  }, [me.isSuccess, me.isFetching, navigate, next, queries])

  if (opening || me.isPending || me.isSuccess)
    return (
      <main className={classes.page} aria-busy>
        <Text c="dimmed">{t.opening}</Text>
      </main>
    )
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <Logo size={36} />
        <Title order={1}>{t.loginTitle}</Title>
        {failed ? <ErrorNote title={t.linkFailed} error={failed} /> : null}
        <Text>{t.loginText}</Text>
        <div className={classes.command}>
          <code>{t.command}</code>
          <CopyButton text={t.command} label={t.copyCommand} />
        </div>
        <Text>{t.loginLink}</Text>
        <Text size="sm" c="dimmed">
          <Prose text={t.loginStart} />
        </Text>
        <Button variant="default" loading={me.isFetching} onClick={() => void me.refetch()}>
          {words.shell.tryAgain}
        </Button>
      </div>
    </main>
  )
}
