# What this site declares for itself: a policy of its own.
policy greylisting(delay: duration = 5m, reject: verb = defer):
    "Asks unknown clients to come back later."
    on rcpt: unless known_triplet(delay) reject 4.7.1 "Greylisted, please come back"
