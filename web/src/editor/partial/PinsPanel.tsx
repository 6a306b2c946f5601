import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useDeletePin } from '~/api/pins'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { Time } from '~/ui/Time'
import { showPlace } from '../actions/pin'
import drawer from '../drawer/Drawer.module.css'
import { useDispatch, useEditor } from '../store'
import { Origin, pinWords, sampleOf } from './PinBar'
import classes from './partial.module.css'
import { titleAt } from './togglePin'
import { usePins, useStale } from './usePins'

const t = words.pins.list

/** All pinned outputs of the workflow. */
export function PinsPanel() {
  const dispatch = useDispatch()
  const root = useEditor((state) => state.root)
  const { pins, error, retry, pending } = usePins()
  const stale = useStale()
  const remove = useDeletePin(root.name)
  if (error) return <ErrorNote title={t.loadFailed} error={error} onRetry={retry} />
  if (pending) return null
  if (pins.length === 0) {
    return (
      <p className={drawer.note}>
        {t.empty}. {t.emptyHelp}
      </p>
    )
  }
  return (
    <ul className={classes.list} aria-label={t.label}>
      {pins.map((pin) => {
        const why = stale.get(pin.node)
        const title = titleAt(root, pin.node)
        return (
          <li key={pin.node} className={classes.listRow} data-testid={`pin-${pin.node}`}>
            <span className={classes.cell}>
              {why === 'gone' ? (
                title
              ) : (
                <button
                  type="button"
                  className={classes.nodeLink}
                  title={t.show(title)}
                  onClick={() => dispatch(showPlace, pin.node)}
                >
                  {title}
                </button>
              )}
            </span>
            {why ? (
              <span className={`${classes.cell} ${classes.stale}`}>
                <IconAlertTriangle size={14} stroke={1.8} aria-hidden />
                {words.pins.stale[why]}
              </span>
            ) : (
              <span className={`${classes.cell} ${classes.quiet}`}>
                {pinWords(pin)} <code>{sampleOf(pin)}</code>
              </span>
            )}
            <span className={classes.cell}>
              <Origin pin={pin} />
            </span>
            <span className={classes.quiet}>
              <Time at={pin.at} />
            </span>
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={t.unpin(title)}
              onClick={() =>
                remove.mutate(pin.node, {
                  onError: (failure) =>
                    notifications.show({
                      color: 'red',
                      title: words.pins.done.unpinFailed,
                      message: failure.message,
                    }),
                })
              }
            >
              {words.pins.bar.unpin}
            </Button>
          </li>
        )
      })}
    </ul>
  )
}
