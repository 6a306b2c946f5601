import { notifications } from '@mantine/notifications'
import { type Steering, useSteerExecution } from '~/api/control'
import { words } from '~/i18n'

/** A request is durable once it is answered; the run's events show what came of it. */
export function useSteering() {
  const steering = useSteerExecution()
  const ask = (what: Steering) =>
    steering.mutate(what, {
      onError: (error) =>
        notifications.show({
          color: 'red',
          title: words.runs.steer[what.request].failed,
          message: error.message,
          autoClose: false,
        }),
    })
  return { asked: steering.isPending || steering.isSuccess, ask }
}
