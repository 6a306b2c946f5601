import { Button, CloseButton } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { words } from '~/i18n'
import { setPanels } from '../actions/panels'
import { useDispatch, useEditor } from '../store'
import { rememberTour } from './remember'
import { currentStep, isDone, STEPS, type Step, TARGETS } from './steps'
import classes from './Tour.module.css'

const t = words.tour
/** How often it is looked where the thing stands that is pointed at. */
const LOOK_MS = 200

/** The first steps: told in a corner, done on the real thing, which is ringed. It stands in nobody's way. */
export function Tour() {
  const dispatch = useDispatch()
  const [passed, setPassed] = useState<ReadonlySet<Step>>(new Set())
  const step = useEditor((state) => currentStep(state, passed))
  const done = useEditor((state) => STEPS.filter((one) => isDone(state, one)).length)
  const end = () => {
    rememberTour()
    dispatch(setPanels, { tour: false })
  }
  return (
    <>
      {step ? <Ring target={TARGETS[step]} /> : null}
      <section className={classes.card} aria-label={t.title} data-testid="tour">
        <div className={classes.head}>
          <strong>{t.title}</strong>
          <span className={classes.progress}>
            {step
              ? t.progress(STEPS.indexOf(step) + 1, STEPS.length)
              : t.progress(STEPS.length, STEPS.length)}
          </span>
          <CloseButton size="sm" aria-label={t.skip} onClick={end} />
        </div>
        <div className={classes.bar} aria-hidden>
          <span style={{ width: `${(100 * done) / STEPS.length}%` }} />
        </div>
        <div className={classes.words} role="status">
          {step ? (
            <>
              <strong>{t.steps[step].title}</strong>
              <p>{t.steps[step].text}</p>
            </>
          ) : (
            <p className={classes.finished}>
              <IconCircleCheck size={18} stroke={1.8} aria-hidden />
              {t.finished}
            </p>
          )}
        </div>
        <div className={classes.buttons}>
          {step ? (
            <Button size="compact-sm" variant="default" onClick={() => setPassed(new Set([...passed, step]))}>
              {t.skipStep}
            </Button>
          ) : (
            <Button size="compact-sm" onClick={end}>
              {t.done}
            </Button>
          )}
        </div>
      </section>
    </>
  )
}

interface Box {
  left: number
  top: number
  width: number
  height: number
}

/** Around what is meant, wherever it moves; nothing while it is not there. */
function Ring({ target }: { target: string }) {
  const [box, setBox] = useState<Box | null>(null)
  useEffect(() => {
    const look = () => {
      const found = document.querySelector(target)?.getBoundingClientRect()
      setBox((before) => {
        if (!found || found.width === 0) return null
        const { left, top, width, height } = found
        const same = before?.left === left && before.top === top
        return same && before.width === width && before.height === height
          ? before
          : { left, top, width, height }
      })
    }
    look()
    const timer = setInterval(look, LOOK_MS)
    return () => clearInterval(timer)
  }, [target])
  return box ? <div className={classes.ring} style={box} data-testid="tour-ring" /> : null
}
