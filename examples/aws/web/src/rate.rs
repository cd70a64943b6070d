//! Limits on what each client, and all of them together, may ask for.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use pipeline::settings;
use quick_cache::sync::Cache;
use ratelimit::{Ratelimiter, TryWaitError};

use crate::client::Client;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// The most clients that are remembered; beyond that, those seen least start with a full quota.
const MAX_CLIENTS: usize = 100_000;

/// A limit for each client and one for all. A quota can be used up at once, and is refilled evenly.
pub struct RateLimit {
    quota: NonZeroU32,
    period: Duration,
    clients: Cache<Client, Arc<Ratelimiter>>,
    all: Ratelimiter,
}

impl RateLimit {
    /// Quotas per period for each client and for all.
    pub fn new(each: NonZeroU32, all: NonZeroU32, period: Duration) -> Self {
        let clients = Cache::new(MAX_CLIENTS);
        RateLimit { quota: each, period, clients, all: full(all, period) }
    }

    /// Quotas per hour from the settings `each.0` and `all.0`, by default `each.1` and `all.1`.
    ///
    /// # Errors
    /// If one is not a positive integer.
    pub fn per_hour(each: (&str, u32), all: (&str, u32)) -> anyhow::Result<Self> {
        Ok(Self::new(setting(each)?, setting(all)?, HOUR))
    }

    /// Quotas per minute, likewise.
    ///
    /// # Errors
    /// If one is not a positive integer.
    pub fn per_minute(each: (&str, u32), all: (&str, u32)) -> anyhow::Result<Self> {
        Ok(Self::new(setting(each)?, setting(all)?, MINUTE))
    }

    /// Takes `amount` from both quotas.
    ///
    /// # Errors
    /// If one of them does not have as much; the time to wait.
    pub fn take(&self, client: Client, amount: u32) -> Result<(), Duration> {
        let new = || Ok::<_, std::convert::Infallible>(Arc::new(full(self.quota, self.period)));
        let Ok(own) = self.clients.get_or_insert_with(&client, new);
        // The client's own first: a client over its limit must not use up the quota of all.
        for quota in [&*own, &self.all] {
            quota.try_wait_n(amount.into()).map_err(|error| match error {
                TryWaitError::Insufficient(wait) => wait,
                _ => Duration::MAX,
            })?;
        }
        Ok(())
    }
}

/// A quota of which nothing is used.
fn full(quota: NonZeroU32, period: Duration) -> Ratelimiter {
    let quota = u64::from(quota.get());
    let bucket = Ratelimiter::builder(quota).period(period).max_tokens(quota);
    bucket.initial_available(quota).build().expect("a positive quota and period")
}

fn setting((name, default): (&str, u32)) -> anyhow::Result<NonZeroU32> {
    settings::optional(name, NonZeroU32::new(default).expect("a positive default"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(each: u32, all: u32) -> RateLimit {
        RateLimit::new(each.try_into().unwrap(), all.try_into().unwrap(), HOUR)
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
        let granted = (0..100).filter(|_| limit.take(Client::test(1), 1).is_ok()).count();
        assert_eq!(granted, 2);
        assert_eq!(limit.take(Client::test(2), 2), Ok(()));
    }

    #[test]
    fn more_than_a_whole_quota_is_never_granted() {
        assert_eq!(limit(3, 8).take(Client::test(1), 4), Err(Duration::MAX));
        assert_eq!(limit(9, 8).take(Client::test(1), 9), Err(Duration::MAX));
    }
}
