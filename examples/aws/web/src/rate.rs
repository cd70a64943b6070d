//! Limits on what each client, and all of them together, may ask for.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use pipeline::settings;

use crate::client::Client;

/// A limit for each client and one for all.
pub struct RateLimit {
    each: DefaultKeyedRateLimiter<Client>,
    all: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl RateLimit {
    /// Limits with these quotas.
    pub fn new(each: Quota, all: Quota) -> Self {
        let (each, all) = (RateLimiter::keyed(each), RateLimiter::direct(all));
        RateLimit { each, all, clock: DefaultClock::default() }
    }

    /// Limits per hour from the settings `each.0` and `all.0`, by default `each.1` and `all.1`.
    ///
    /// # Errors
    /// If one is not a positive integer.
    pub fn per_hour(each: (&str, u32), all: (&str, u32)) -> anyhow::Result<Self> {
        Ok(Self::new(Quota::per_hour(setting(each)?), Quota::per_hour(setting(all)?)))
    }

    /// Limits per minute, likewise.
    ///
    /// # Errors
    /// If one is not a positive integer.
    pub fn per_minute(each: (&str, u32), all: (&str, u32)) -> anyhow::Result<Self> {
        Ok(Self::new(Quota::per_minute(setting(each)?), Quota::per_minute(setting(all)?)))
    }

    /// Takes `amount` from both quotas.
    ///
    /// # Errors
    /// If one of them does not have as much; the time to wait.
    pub fn take(&self, client: Client, amount: u32) -> Result<(), Duration> {
        let Some(amount) = NonZeroU32::new(amount) else { return Ok(()) };
        let now = self.clock.now();
        // The client's own first: whoever is over it must not use up that of all.
        match self.each.check_key_n(&client, amount) {
            Ok(Ok(())) => {}
            Ok(Err(until)) => return Err(until.wait_time_from(now)),
            Err(_) => return Err(Duration::MAX),
        }
        match self.all.check_n(amount) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(until.wait_time_from(now)),
            Err(_) => Err(Duration::MAX),
        }
    }

    /// Forgets clients whose quota is full again. Without it memory grows with every address.
    pub fn forget_idle(&self) {
        self.each.retain_recent();
        self.each.shrink_to_fit();
    }
}

fn setting((name, default): (&str, u32)) -> anyhow::Result<NonZeroU32> {
    settings::optional(name, NonZeroU32::new(default).expect("a positive default"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(each: u32, all: u32) -> RateLimit {
        let quota = |count| Quota::per_hour(NonZeroU32::new(count).unwrap());
        RateLimit::new(quota(each), quota(all))
    }

    #[test]
    fn one_client_has_its_share_and_all_have_theirs() {
        let limit = limit(3, 8);
        let taken = |client| (0..9).filter(|_| limit.take(Client::test(client), 1).is_ok()).count();
        assert_eq!((taken(1), taken(2)), (3, 3));
        assert_eq!(taken(3), 2, "what is left for all");
        assert!(limit.take(Client::test(1), 1).unwrap_err() > Duration::from_secs(600));
    }

    #[test]
    fn a_client_over_its_limit_takes_nothing_from_the_others() {
        let limit = limit(2, 4);
        (0..100).for_each(|_| drop(limit.take(Client::test(1), 1)));
        assert_eq!(limit.take(Client::test(2), 2), Ok(()));
    }

    #[test]
    fn more_than_a_whole_quota_is_never_granted() {
        assert_eq!(limit(3, 8).take(Client::test(1), 4), Err(Duration::MAX));
        assert_eq!(limit(9, 8).take(Client::test(1), 9), Err(Duration::MAX));
    }
}
