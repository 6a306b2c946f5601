import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { ApiError } from '~/api/problem'
import { words } from '~/i18n'
import classes from './ErrorNote.module.css'
import { Prose } from './Prose'

interface ErrorNoteProps {
  error: Error | { message: string }
  /** What was being done, e.g. "The runs could not be loaded". */
  title?: string
  onRetry?: () => void
  children?: ReactNode
}

/** An error in place: what failed, the message as it came, the places it names, and what to do next. */
export function ErrorNote({ error, title, onRetry, children }: ErrorNoteProps) {
  const problems = error instanceof ApiError ? error.problems : []
  return (
    <div className={classes.note} role="alert">
      <IconAlertTriangle size={18} stroke={1.8} className={classes.icon} aria-hidden />
      <div className={classes.body}>
        {title ? <strong>{title}</strong> : null}
        <div className={classes.message}>
          <Prose text={error.message} />
        </div>
        {problems.length > 0 ? (
          <ul className={classes.problems}>
            {problems.map((problem) => (
              <li key={`${problem.pointer} ${problem.code} ${problem.message}`}>
                {problem.pointer ? <code>{problem.pointer}</code> : null} <Prose text={problem.message} />
                {problem.fix ? (
                  <span className={classes.fix}>
                    {' '}
                    <Prose text={problem.fix} />
                  </span>
                ) : null}
              </li>
            ))}
          </ul>
        ) : null}
        {children}
        {onRetry ? (
          <Button variant="default" size="xs" mt={8} onClick={onRetry}>
            {words.shell.tryAgain}
          </Button>
        ) : null}
      </div>
    </div>
  )
}
