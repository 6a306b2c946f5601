/** When a thing with this id (UUID version 7, RFC 9562) was made; null for any other id. */
export function timeOfId(id: string): string | null {
  const match = /^([0-9a-f]{8})-([0-9a-f]{4})-7/i.exec(id)
  return match ? new Date(Number.parseInt(`${match[1]}${match[2]}`, 16)).toISOString() : null
}
